//! What the room says about a participant, as far as it decides whether it is a caller.

use std::collections::HashMap;

use livekit::participant::{ParticipantKind as Kind, RemoteParticipant};
use livekit_protocol::{ParticipantPermission, TrackSource};
use parlor_core::conversation::{ParticipantInfo, ParticipantKind, Phone};

use super::permissions::may_publish;

/// Attribute of a participant that publishes on behalf of another one.
const ON_BEHALF: &str = "lk.publish_on_behalf";

/// Attribute with the status of a phone call.
const CALL_STATUS: &str = "sip.callStatus";

/// Kind, permissions and phone status of a participant.
pub(super) fn info(participant: &RemoteParticipant) -> ParticipantInfo {
    let permission = participant.permission();
    let attributes = participant.attributes();
    describe(kind(participant.kind()), permission.as_ref(), &attributes)
}

fn describe(
    kind: ParticipantKind,
    permission: Option<&ParticipantPermission>,
    attributes: &HashMap<String, String>,
) -> ParticipantInfo {
    let may = |allows: fn(&ParticipantPermission) -> bool| permission.is_none_or(allows);
    let is_aside = permission.is_some_and(|it| it.hidden || is_recorder(it));
    let status = attributes.get(CALL_STATUS).map(String::as_str);
    ParticipantInfo {
        kind,
        takes_part: !is_aside && !attributes.contains_key(ON_BEHALF),
        may_speak: may(|it| may_publish(it, TrackSource::Microphone)),
        may_write: may(|it| it.can_publish_data),
        may_hear: may(|it| it.can_subscribe),
        phone: match status.filter(|_| kind == ParticipantKind::Sip) {
            None | Some("" | "active") => Phone::Active,
            Some("hangup") => Phone::HungUp,
            Some(_) => Phone::Pending,
        },
    }
}

#[expect(deprecated, reason = "servers still set it for recorders")]
fn is_recorder(permission: &ParticipantPermission) -> bool {
    permission.recorder
}

fn kind(kind: Kind) -> ParticipantKind {
    match kind {
        Kind::Standard => ParticipantKind::Standard,
        Kind::Ingress => ParticipantKind::Ingress,
        Kind::Egress => ParticipantKind::Egress,
        Kind::Sip => ParticipantKind::Sip,
        Kind::Agent => ParticipantKind::Agent,
        Kind::Connector => ParticipantKind::Connector,
        Kind::Bridge => ParticipantKind::Bridge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(kind: ParticipantKind, attributes: &[(&str, &str)]) -> ParticipantInfo {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        describe(kind, None, &attributes.iter().map(owned).collect())
    }

    #[test]
    fn a_phone_is_active_if_its_status_is_active_or_unset() {
        let sip = ParticipantKind::Sip;
        assert_eq!(with(sip, &[]).phone, Phone::Active);
        for (status, phone) in [
            ("active", Phone::Active),
            ("dialing", Phone::Pending),
            ("ringing", Phone::Pending),
            ("automation", Phone::Pending),
            ("something-new", Phone::Pending),
            ("hangup", Phone::HungUp),
        ] {
            assert_eq!(with(sip, &[(CALL_STATUS, status)]).phone, phone, "{status}");
        }
        let browser = with(ParticipantKind::Standard, &[(CALL_STATUS, "dialing")]);
        assert_eq!(browser, ParticipantKind::Standard.into(), "not a phone");
    }

    #[test]
    fn permissions_decide_what_a_participant_may_do() {
        let dashboard = ParticipantPermission {
            can_subscribe: true,
            ..ParticipantPermission::default()
        };
        let info = describe(ParticipantKind::Standard, Some(&dashboard), &HashMap::new());
        let wanted = ParticipantInfo {
            may_speak: false,
            may_write: false,
            ..ParticipantKind::Standard.into()
        };
        assert_eq!(info, wanted);
        let hidden = ParticipantPermission {
            hidden: true,
            ..dashboard
        };
        let info = describe(ParticipantKind::Standard, Some(&hidden), &HashMap::new());
        assert!(!info.takes_part);
        let avatar = with(ParticipantKind::Standard, &[(ON_BEHALF, "agent")]);
        assert!(!avatar.takes_part);
    }
}
