//! Behaviours in process: scripted peers, the clock in the test's hand. One binary, so that the
//! media library links once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod agent;
mod call;
mod canary;
mod config;
mod driver;
mod livekit_server;
mod playout;
mod proxy;
mod queue;
mod report;
mod socket;
mod speaker;
mod web;
mod worker;
