//! PLACEHOLDER
#![allow(missing_docs)]
#[derive(Debug, Clone)]
pub struct E2eeOptions;
impl From<E2eeOptions> for crate::proto::E2eeOptions {
    fn from(_: E2eeOptions) -> Self {
        Self::default()
    }
}
#[derive(Debug, Clone)]
pub struct E2eeManager;
impl E2eeManager {
    pub(crate) fn new(_: &crate::room::RoomOptions) -> Self {
        Self
    }
}
