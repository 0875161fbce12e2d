//! The messages of `src/proto` are those of the native core's own schema, field by field.

mod attribute;
mod compare;
mod descriptor;
mod detects;
mod shape;
mod source;

use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message as _;
use prost_types::FileDescriptorSet;

use compare::compare;

#[test]
fn messages_are_those_of_the_native_core() {
    let schema = schema();
    let sources = sources();
    let compared = compare(sources.iter().map(String::as_str), &schema);
    let figures = format!(
        "{} messages, {} fields, {} enums",
        compared.messages, compared.fields, compared.enums
    );
    let differences = compared.differences.join("\n");
    assert!(differences.is_empty(), "{figures} compared:\n{differences}");
    assert!(compared.fields > 500, "too little was read: {figures}");
}

/// The schema that came with the core.
fn schema() -> FileDescriptorSet {
    let path = env::var_os("PARLOR_NATIVE_SCHEMA").map_or_else(
        || crate_root().join("../../target/native/schema.binpb"),
        PathBuf::from,
    );
    let Ok(bytes) = fs::read(&path) else {
        panic!("{} cannot be read: run `make setup`", path.display());
    };
    FileDescriptorSet::decode(&*bytes).expect("the schema is a FileDescriptorSet")
}

/// The text of every file in `src/proto`.
fn sources() -> Vec<String> {
    let folder = fs::read_dir(crate_root().join("src/proto")).expect("src/proto is a folder");
    let paths = folder.map(|entry| entry.expect("the folder can be listed").path());
    paths
        .map(|path| fs::read_to_string(path).expect("a source is text"))
        .collect()
}

fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
