//! In-process tests against scripted peers, on a clock that the tests control. They are one binary,
//! so that the media library is linked only once.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod agent;
mod call;
mod canary;
mod config;
mod docs;
mod driver;
mod livekit_server;
mod output;
mod playout;
mod proxy;
mod queue;
mod report;
mod socket;
mod speaker;
mod web;
mod worker;
mod wrong_inputs;
