//! Whatever LiveKit's dispatch may send: one binary frame.

#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_core::dispatch::ServerEvent;
use parlor_core::wire::dispatch::decode;

fuzz_target!(|frame: &[u8]| {
    if let Ok(ServerEvent::Offer(job)) = decode(frame) {
        assert!(!job.id.as_str().is_empty(), "an offer without a name");
    }
});
