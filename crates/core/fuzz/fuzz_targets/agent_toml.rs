//! Arbitrary contents of an agent file.

#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use parlor::config::{Agent, AgentText};
use parlor_common::settings::Source;

fuzz_target!(|text: &str| {
    let file = AgentText {
        path: PathBuf::from("agent.toml"),
        text: text.to_owned().into(),
    };
    let source = [
        ("SHOP_TOKEN", "a token"),
        ("SHOP_URL", "https://shop.example"),
    ];
    if let Err(error) = Agent::from_text(&file, &source.into_iter().collect::<Source>()) {
        assert!(!error.to_string().is_empty(), "refused without a word");
    }
});
