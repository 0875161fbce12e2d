//! Converts results of MCP tools to answers for the model.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

use crate::Answer;

/// The structured content of `result` or, without it, its content blocks in order.
pub(super) fn answer(result: CallToolResult) -> Answer {
    let is_error = result.is_error.unwrap_or(false);
    let structured = result.structured_content.filter(|it| !it.is_null());
    let answer = match structured {
        Some(value) => Answer::json(&value),
        None => Answer::ok(text(&result.content)),
    };
    match answer.text.reveal().is_empty() {
        true if is_error => Answer::error("the tool failed without an error message"),
        true => Answer::ok("done"),
        false => Answer { is_error, ..answer },
    }
}

fn text(content: &[ContentBlock]) -> String {
    let parts: Vec<_> = content.iter().map(part).collect();
    parts.join("\n")
}

/// Text as it is; a placeholder for everything else.
fn part(block: &ContentBlock) -> &str {
    match block {
        ContentBlock::Text(part) => &part.text,
        ContentBlock::Image(_) => "[image]",
        ContentBlock::Audio(_) => "[audio]",
        ContentBlock::Resource(part) => match &part.resource {
            ResourceContents::TextResourceContents { text, .. } => text,
            _ => "[resource]",
        },
        ContentBlock::ResourceLink(_) => "[resource link]",
        _ => "[unsupported content]",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(result: Value) -> (String, bool) {
        let answer = answer(serde_json::from_value(result).unwrap());
        (answer.text.into_inner(), answer.is_error)
    }

    #[test]
    fn parts_are_joined() {
        let (text, is_error) = of(json!({"content": [
            {"type": "text", "text": "one"},
            {"type": "image", "data": "AA==", "mimeType": "image/png"},
            {"type": "audio", "data": "AA==", "mimeType": "audio/wav"},
            {"type": "resource", "resource": {"uri": "a:b", "text": "two"}},
            {"type": "resource", "resource": {"uri": "a:b", "blob": "AA=="}},
            {"type": "resource_link", "uri": "a:b", "name": "c"},
        ]}));
        assert_eq!(
            text,
            "one\n[image]\n[audio]\ntwo\n[resource]\n[resource link]"
        );
        assert!(!is_error);
    }

    #[test]
    fn structured_content_is_preferred() {
        let text = json!([{"type": "text", "text": "one"}]);
        let both = json!({"content": text, "structuredContent": {"n": 1}, "isError": true});
        assert_eq!(of(both), (r#"{"n":1}"#.to_owned(), true));
        let null = json!({"content": text, "structuredContent": null});
        assert_eq!(of(null), ("one".to_owned(), false));
    }

    #[test]
    fn empty_results_have_a_text() {
        assert_eq!(of(json!({"content": []})), ("done".to_owned(), false));
        let (text, is_error) = of(json!({"content": [], "isError": true}));
        assert!(
            is_error && text.contains("without an error message"),
            "{text}"
        );
    }
}
