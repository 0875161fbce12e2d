//! Arbitrary messages of LiveKit's worker protocol: one binary frame each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_core::dispatch::ServerEvent;
use parlor_core::wire::dispatch::decode;

fuzz_target!(|frame: &[u8]| {
    if let Ok(ServerEvent::Offer(job)) = decode(frame) {
        assert!(!job.id.as_str().is_empty(), "an offer without a name");
    }
});
