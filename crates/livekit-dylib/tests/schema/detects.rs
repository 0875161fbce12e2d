//! What the comparison has to notice, on a schema of two messages and an enum.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, OneofDescriptorProto,
};

use crate::compare::compare;

/// Agrees with [`schema`]; each test breaks one thing in it.
const AGREES: &str = r#"
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Call {
        #[prost(uint64, required, tag = "1")]
        pub id: u64,
        #[prost(string, optional, tag = "2")]
        pub caller: Option<String>,
        #[prost(enumeration = "CallState", required, tag = "3")]
        pub state: i32,
        #[prost(oneof = "call::Message", tags = "4, 5")]
        pub message: Option<call::Message>,
    }
    pub mod call {
        use super::*;
        #[derive(Clone, PartialEq, prost::Oneof)]
        pub enum Message {
            #[prost(string, tag = "4")]
            Error(String),
            #[prost(message, tag = "5")]
            Ended(Ended),
        }
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Ended {}
    #[repr(i32)]
    pub enum CallState { Ringing = 0, Up = 1 }
"#;

#[test]
fn nothing_where_both_agree() {
    assert_eq!(differences(AGREES, AGREES), [""; 0]);
}

#[test]
fn a_wrong_tag() {
    let found = differences(
        r#"string, optional, tag = "2""#,
        r#"string, optional, tag = "7""#,
    );
    assert_eq!(found, ["call 7: the schema has no such field"]);
}

#[test]
fn an_arm_its_oneof_does_not_list() {
    let found = differences(r#"tags = "4, 5""#, r#"tags = "4, 6""#);
    assert_eq!(found, ["Call.Ended: its number is missing or taken"]);
}

#[test]
fn a_wrong_type() {
    let found = differences("string, optional", "bytes, optional");
    assert_eq!(found, ["call 2: bytes, in the schema string"]);
}

#[test]
fn a_wrong_message_in_an_arm() {
    let found = differences("Ended(Ended)", "Ended(Call)");
    assert_eq!(found, ["call 5: message call, in the schema message ended"]);
}

#[test]
fn a_wrong_label() {
    let found = differences("uint64, required", "uint64, optional");
    assert_eq!(found, ["call 1: optional, in the schema required"]);
}

#[test]
fn a_label_left_out() {
    let found = differences("uint64, required", "uint64");
    assert_eq!(found, ["call 1: no label, in the schema required"]);
}

#[test]
fn a_wrong_name() {
    let found = differences("pub caller", "pub callee");
    assert_eq!(found, ["call 2: named callee, in the schema caller"]);
}

#[test]
fn a_wrong_enum_value() {
    let found = differences("Up = 1", "Up = 2");
    assert_eq!(
        found,
        [
            "callstate = 2: Up, not in the schema",
            "callstate = 1: CALL_STATE_UP is missing"
        ]
    );
}

#[test]
fn a_wrong_enum_name() {
    let found = differences("Up = 1", "Down = 1");
    assert_eq!(found, ["callstate = 1: Down, in the schema CALL_STATE_UP"]);
}

#[test]
fn a_missing_required_field() {
    let found = differences(
        "#[prost(uint64, required, tag = \"1\")]\n        pub id: u64,",
        "",
    );
    assert_eq!(found, ["call 1: required id is missing"]);
}

#[test]
fn a_message_the_schema_lacks() {
    let found = differences(
        "pub struct Ended {}",
        "pub struct Ended {} pub struct Rang {}",
    );
    assert_eq!(found, ["rang: not a message of the schema"]);
}

/// The differences after one change to [`AGREES`].
fn differences(before: &str, after: &str) -> Vec<String> {
    assert!(AGREES.contains(before), "{before} is not in the source");
    compare([AGREES.replacen(before, after, 1).as_str()], &schema()).differences
}

/// ```proto
/// message Call {
///   required uint64 id = 1;
///   optional string caller = 2;
///   required CallState state = 3;
///   oneof message { string error = 4; Ended ended = 5; }
/// }
/// message Ended {}
/// enum CallState { CALL_STATE_RINGING = 0; CALL_STATE_UP = 1; }
/// ```
fn schema() -> FileDescriptorSet {
    let arm = |field| FieldDescriptorProto {
        oneof_index: Some(0),
        ..field
    };
    let call = DescriptorProto {
        name: Some("Call".to_owned()),
        field: vec![
            field("id", 1, Label::Required, Type::Uint64),
            field("caller", 2, Label::Optional, Type::String),
            named(
                ".test.CallState",
                field("state", 3, Label::Required, Type::Enum),
            ),
            arm(field("error", 4, Label::Optional, Type::String)),
            arm(named(
                ".test.Ended",
                field("ended", 5, Label::Optional, Type::Message),
            )),
        ],
        oneof_decl: vec![OneofDescriptorProto {
            name: Some("message".to_owned()),
            options: None,
        }],
        ..DescriptorProto::default()
    };
    let ended = DescriptorProto {
        name: Some("Ended".to_owned()),
        ..DescriptorProto::default()
    };
    let state = EnumDescriptorProto {
        name: Some("CallState".to_owned()),
        value: vec![value("CALL_STATE_RINGING", 0), value("CALL_STATE_UP", 1)],
        ..EnumDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        package: Some("test".to_owned()),
        message_type: vec![call, ended],
        enum_type: vec![state],
        ..FileDescriptorProto::default()
    };
    FileDescriptorSet { file: vec![file] }
}

fn field(name: &str, number: i32, label: Label, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(label.into()),
        r#type: Some(kind.into()),
        ..FieldDescriptorProto::default()
    }
}

fn named(kind: &str, field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto {
        type_name: Some(kind.to_owned()),
        ..field
    }
}

fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        options: None,
    }
}
