//! Converts a server's tool list to names and schemas that the Voice Agent API accepts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::Tool;
use serde_json::{Map, Value, json};

use super::connection::MOST_TOOLS;
use crate::glob;

/// Prefix of tool names that the Voice Agent API reserves for itself.
pub(super) const RESERVED: &str = "aai_";

/// Maximum length of a name that the Voice Agent API accepts, in characters.
const LONGEST_NAME: usize = 64;

/// Maximum length of a description, in bytes: the model reads all of them at every turn.
const LONGEST_DESCRIPTION: usize = 2 << 10;

/// Maximum size of a schema, in bytes of JSON, for the same reason.
const LARGEST_SCHEMA: usize = 32 << 10;

/// Maximum length of a server's own name for a tool in a warning, in characters.
const SHOWN: usize = 64;

/// A tool of an MCP server, as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct McpTool {
    /// Name of the tool for the model: `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// Description of the tool, for the model.
    pub description: String,
    /// JSON Schema of the arguments, of type `object`.
    pub input_schema: Map<String, Value>,
    /// Whether the tool changes nothing, if the server says so (`readOnlyHint`).
    pub read_only: Option<bool>,
    /// Whether calling the tool twice has the same effect as calling it once, if the server says so
    /// (`idempotentHint`).
    pub idempotent: Option<bool>,
    /// Timeout of a tool call.
    pub timeout: Duration,
    /// Name of the server in `agent.toml`.
    pub server: Arc<str>,
    /// The server's own name for the tool.
    pub(super) remote: String,
}

/// Which tools of a server are offered, and under which names.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub(super) server: Arc<str>,
    pub(super) prefix: String,
    /// Patterns of the server's own names; `None` allows all tools.
    pub(super) allowed: Option<Vec<String>>,
    /// Timeout of a tool call.
    pub(super) timeout: Duration,
}

/// The tools to offer, and one line for each tool that cannot be offered.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ToolList {
    pub(super) tools: Vec<McpTool>,
    pub(super) refused: Vec<String>,
}

impl Selection {
    /// Selects and converts the tools that a server lists.
    pub(super) fn select(&self, mut listed: Vec<Tool>) -> ToolList {
        let mut selected = ToolList::default();
        if listed.len() > MOST_TOOLS {
            listed.truncate(MOST_TOOLS);
            let cut = format!("the server lists more than {MOST_TOOLS} tools");
            selected.refused.push(cut);
        }
        let mut taken: HashMap<String, String> = HashMap::new();
        for tool in listed.into_iter().filter(|tool| self.allows(&tool.name)) {
            let name = shown(&self.prefix, &tool.name);
            if let Some(first) = taken.get(&name) {
                let both = format!(
                    "{:?} and {:?} would both be named {name}",
                    truncated_name(first),
                    truncated_name(&tool.name)
                );
                selected.refused.push(both);
                continue;
            }
            match schema(&tool.input_schema) {
                Ok(schema) => {
                    taken.insert(name.clone(), tool.name.to_string());
                    selected.tools.push(self.tool(name, schema, tool));
                }
                Err(why) => selected
                    .refused
                    .push(format!("{:?}: {why}", truncated_name(&tool.name))),
            }
        }
        selected
    }

    fn allows(&self, name: &str) -> bool {
        let Some(allowed) = &self.allowed else {
            return true;
        };
        allowed.iter().any(|pattern| glob::matches(pattern, name))
    }

    fn tool(&self, name: String, input_schema: Map<String, Value>, tool: Tool) -> McpTool {
        let hints = tool.annotations.as_ref();
        let mut description = tool.description.unwrap_or_default().into_owned();
        let mut ends = (0..=LONGEST_DESCRIPTION.min(description.len())).rev();
        description.truncate(
            ends.find(|at| description.is_char_boundary(*at))
                .unwrap_or(0),
        );
        McpTool {
            name,
            description,
            input_schema,
            read_only: hints.and_then(|it| it.read_only_hint),
            idempotent: hints.and_then(|it| it.idempotent_hint),
            timeout: self.timeout,
            server: self.server.clone(),
            remote: tool.name.into_owned(),
        }
    }
}

/// Whether a character may be part of a tool's name.
pub(super) fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The name of a tool for the model.
fn shown(prefix: &str, name: &str) -> String {
    let plain = |it: char| u8::try_from(it).is_ok_and(is_plain_byte);
    let mut shown: String = prefix.chars().chain(name.chars()).collect();
    if shown.is_empty() || shown.starts_with(RESERVED) {
        shown.insert(0, '_');
    }
    let plain = shown.chars().map(|it| if plain(it) { it } else { '_' });
    plain.take(LONGEST_NAME).collect()
}

/// A server's own name for a tool, truncated for the log.
pub(super) fn truncated_name(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

/// Converts a schema to what the Voice Agent API accepts.
fn schema(listed: &Map<String, Value>) -> Result<Map<String, Value>, &'static str> {
    let mut schema = listed.clone();
    schema.remove("$schema");
    let kind = schema.entry("type").or_insert_with(|| json!("object"));
    if kind != "object" {
        return Err("the schema of its arguments must be of type object");
    }
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if !properties.is_object() {
        return Err("the properties of its arguments must be an object");
    }
    let length = serde_json::to_string(&schema).map_or(usize::MAX, |json| json.len());
    if length > LARGEST_SCHEMA {
        return Err("the schema of its arguments is too large");
    }
    Ok(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &'static str, schema: Value) -> Tool {
        let Value::Object(schema) = schema else {
            unreachable!("a test's schema is an object")
        };
        Tool::new(name, "does it", schema)
    }

    fn selection(prefix: &str, allowed: Option<&[&str]>) -> Selection {
        let owned = |patterns: &[&str]| patterns.iter().map(|it| (*it).to_owned()).collect();
        Selection {
            server: "files".into(),
            prefix: prefix.to_owned(),
            allowed: allowed.map(owned),
            timeout: Duration::from_secs(20),
        }
    }

    fn names(selected: &ToolList) -> Vec<&str> {
        selected
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect()
    }

    #[test]
    fn names_are_converted_for_the_api() {
        let long = "x".repeat(80);
        let cases = [
            ("", "read_file", "read_file"),
            ("", "read.file/ä", "read_file__"),
            ("", "aai_x", "_aai_x"),
            ("aa", "i_x", "_aai_x"),
            ("crm_", "aai_x", "crm_aai_x"),
            ("", "", "_"),
            ("p", &long, &format!("p{}", &long[..63])),
        ];
        for (prefix, name, expected) in cases {
            assert_eq!(shown(prefix, name), expected);
        }
    }

    #[test]
    fn the_first_of_two_with_one_name_is_kept() {
        let listed = ["a.b", "a_b", "c"].map(|name| tool(name, json!({})));
        let selected = selection("", None).select(listed.into());
        assert_eq!(names(&selected), ["a_b", "c"]);
        assert_eq!(selected.tools[0].remote, "a.b");
        assert_eq!(
            selected.refused,
            [r#""a.b" and "a_b" would both be named a_b"#]
        );
    }

    #[test]
    fn only_what_is_allowed_is_offered() {
        let listed = ["read_file", "read_all", "write_file", "list"];
        let listed = listed.map(|name| tool(name, json!({}))).to_vec();
        let only = selection("x_", Some(&["read_*", "list"]));
        assert_eq!(
            names(&only.select(listed)),
            ["x_read_file", "x_read_all", "x_list"]
        );
    }

    #[test]
    fn schemas_are_objects_with_properties() {
        let listed = [
            tool("bare", json!({})),
            tool(
                "full",
                json!({"$schema": "x", "type": "object", "properties": {"a": {}}, "required": ["a"]}),
            ),
            tool("text", json!({"type": "string"})),
            tool("list", json!({"type": "object", "properties": []})),
            tool(
                "much",
                json!({"properties": {"x".repeat(LARGEST_SCHEMA): {}}}),
            ),
        ];
        let selected = selection("", None).select(listed.into());
        let schemas = selected
            .tools
            .iter()
            .map(|it| Value::from(it.input_schema.clone()));
        let expected = [
            json!({"type": "object", "properties": {}}),
            json!({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
        ];
        assert_eq!(schemas.collect::<Vec<_>>(), expected);
        assert_eq!(selected.refused.len(), 3, "{:?}", selected.refused);
        assert!(
            selected.refused[0].contains("\"text\""),
            "{:?}",
            selected.refused
        );
    }

    #[test]
    fn long_descriptions_are_truncated() {
        let listed = Tool::new("a", "ö".repeat(2_000), Map::new());
        let selected = selection("", None).select(vec![listed]);
        assert_eq!(selected.tools[0].description.len(), LONGEST_DESCRIPTION);
    }
}
