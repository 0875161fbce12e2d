//! PLACEHOLDER
#![allow(missing_docs)]
#[derive(Debug, Clone)]
pub enum RtcStats {
    Raw(String),
}
pub(crate) fn from_proto(v: Vec<crate::proto::RtcStats>) -> Vec<RtcStats> {
    v.into_iter()
        .map(|x| RtcStats::Raw(format!("{x:?}")))
        .collect()
}
