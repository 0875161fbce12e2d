//! The `#[prost(…)]` of a field or an arm.

use syn::{LitStr, Token};

use crate::shape::Label;

/// What one `#[prost(…)]` says.
pub(crate) struct Attribute {
    pub(crate) tag: Option<i32>,
    pub(crate) label: Label,
    /// `uint64`, `message`, `enumeration`, `map`, …; empty for a `oneof`.
    pub(crate) kind: String,
    /// What stands behind the kind: `enumeration = "…"`, `map = "…"`.
    pub(crate) value: Option<String>,
    /// The enum of a `oneof`.
    pub(crate) oneof: Option<String>,
    /// The numbers a `oneof` lists.
    pub(crate) tags: Vec<i32>,
}

impl Attribute {
    /// Reads the attribute among all of a field's.
    pub(crate) fn read(attributes: &[syn::Attribute]) -> Self {
        let none = Label::None;
        let mut read = Self {
            tag: None,
            label: none,
            kind: String::new(),
            value: None,
            oneof: None,
            tags: Vec::new(),
        };
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("prost"))
        {
            let parsed = attribute.parse_nested_meta(|meta| {
                let name = meta.path.require_ident()?.to_string();
                let value = match meta.input.peek(Token![=]) {
                    true => Some(meta.value()?.parse::<LitStr>()?.value()),
                    false => None,
                };
                read.option(name, value);
                Ok(())
            });
            parsed.expect("the attribute is one prost takes");
        }
        read
    }

    fn option(&mut self, name: String, value: Option<String>) {
        match (name.as_str(), value) {
            ("tag", Some(tag)) => self.tag = tag.parse().ok(),
            ("tags", Some(tags)) => {
                self.tags = tags
                    .split(", ")
                    .filter_map(|tag| tag.parse().ok())
                    .collect()
            }
            ("oneof", value) => self.oneof = value,
            ("required", _) => self.label = Label::Required,
            ("optional", _) => self.label = Label::Optional,
            ("repeated", _) => self.label = Label::Repeated,
            ("packed" | "boxed" | "default", _) => {}
            (_, value) => {
                if name == "map" {
                    self.label = Label::Map;
                }
                self.kind = name;
                self.value = value;
            }
        }
    }
}
