//! A call under whatever its caller, the service, its tools and its file may do.

#![no_main]

mod profile;
mod happens;
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
            // The driver looks at its events first.
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
