//! A call with arbitrary behaviour of its callers, the API, its tools and its agent file.

#![no_main]

mod happens;
mod profile;
mod script;
mod seen;

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use parlor_core::conversation::Conversation;

use script::{Script, Step};
use seen::Seen;

fuzz_target!(|script: Script| {
    let mut now = Instant::now();
    let mut call = Conversation::new(now, script.settings.into());
    let mut seen = Seen::default();
    seen.see(&mut call);
    for step in script.steps.all() {
        match step {
            Step::Pass(time) => {
                let until = now + time.into();
                while let Some(at) = call.poll_timeout().filter(|at| *at <= until) {
                    now = now.max(at);
                    call.handle_timeout(now);
                    seen.see(&mut call);
                }
                now = until;
            }
            // The driver handles pending events before timeouts.
            Step::Sleep(time) => now += Duration::from(time),
            Step::Tell(event) => {
                let event = event.into();
                seen.note(&event);
                call.handle(now, event);
                seen.see(&mut call);
            }
        }
    }
});
