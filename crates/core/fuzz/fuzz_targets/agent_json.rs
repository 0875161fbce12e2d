//! Arbitrary messages of the Voice Agent API: lines of text, one message each, on one connection.

#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_core::conversation::AgentEvent;
use parlor_core::wire::agent::Decoder;

/// Maximum length of a name, in characters.
const NAME: usize = 64;

fuzz_target!(|text: &str| {
    let mut decoder = Decoder::new();
    for message in text.lines() {
        if let Ok(AgentEvent::Unknown { kind }) = decoder.decode(message) {
            assert!(kind.chars().count() <= NAME, "a name that is not cut");
        }
    }
});
