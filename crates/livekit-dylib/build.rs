//! Generates the messages of the native core from its schema.

use prost::Message as _;
use prost_types::FileDescriptorSet;

const SCHEMA: &str = "schema.binpb";

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let schema = FileDescriptorSet::decode(&*std::fs::read(SCHEMA)?)?;
    prost_build::Config::new().compile_fds(schema)
}
