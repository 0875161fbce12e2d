//! Messages and enums, whichever side they were read from.

use std::collections::BTreeMap;
use std::fmt;

/// Every message and enum of one side, by [`key`].
#[derive(Default)]
pub(crate) struct Shapes {
    pub(crate) messages: BTreeMap<String, Message>,
    pub(crate) enums: BTreeMap<String, Values>,
    /// What made no sense when it was read.
    pub(crate) faults: Vec<String>,
}

/// The fields of a message by number, arms of a `oneof` among them.
pub(crate) type Message = BTreeMap<i32, Field>;

/// The values of an enum by number.
pub(crate) type Values = BTreeMap<i32, String>;

/// One field.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) kind: Kind,
}

/// How often a field occurs.
#[derive(Debug, PartialEq)]
pub(crate) enum Label {
    Required,
    Optional,
    Repeated,
    Map,
    /// An arm of the `oneof` with this name.
    Oneof(String),
    /// Neither of these, which proto2 does not have.
    None,
}

/// What a field holds.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    /// A scalar, or `key, value` of a map, as prost spells it.
    Plain(String),
    /// The message with this key.
    Message(String),
    /// The enum with this key.
    Enum(String),
}

/// A name both sides agree on: `rtc_stats::Codec` and `RtcStats.Codec` are `rtcstats.codec`.
pub(crate) fn key<'a>(path: impl IntoIterator<Item = &'a str>) -> String {
    path.into_iter().map(plain).collect::<Vec<_>>().join(".")
}

/// A name without what Rust and protobuf spell differently.
pub(crate) fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("required"),
            Self::Optional => f.write_str("optional"),
            Self::Repeated => f.write_str("repeated"),
            Self::Map => f.write_str("map"),
            Self::Oneof(name) => write!(f, "oneof {name}"),
            Self::None => f.write_str("no label"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::Message(key) => write!(f, "message {key}"),
            Self::Enum(key) => write!(f, "enum {key}"),
        }
    }
}
