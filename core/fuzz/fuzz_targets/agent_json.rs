//! Whatever the Voice Agent API may send: lines of text, one message each, on one connection.

#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_core::conversation::AgentEvent;
use parlor_core::wire::agent::Decoder;

/// Characters of a name that are kept.
const NAME: usize = 64;

fuzz_target!(|text: &str| {
    let mut decoder = Decoder::new();
    for message in text.lines() {
        if let Ok(AgentEvent::Unknown { kind }) = decoder.decode(message) {
            assert!(kind.chars().count() <= NAME, "a name that is not cut");
        }
    }
});
