//! Track publications, whether subscribed to or not.

mod inner;
mod local;
mod remote;

pub use local::LocalTrackPublication;
pub use remote::RemoteTrackPublication;
