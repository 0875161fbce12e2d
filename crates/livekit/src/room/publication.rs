//! Keeps a track of the agent published: unpublishes it when the permission is revoked, and
//! publishes it again when the permission is restored.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use livekit::options::TrackPublishOptions;
use livekit::publication::LocalTrackPublication;
use livekit::webrtc::audio_source::RtcAudioSource;
use parlor_common::{clock, random};
use parlor_core::backoff::Backoff;
use parlor_core::conversation::Inaudible;
use tokio::sync::watch;

use super::join::{JoinError, publish, unpublish};
use super::permissions::{MayPublish, Permissions};

/// Maximum attempts to publish the track again.
const MAX_ATTEMPTS: u32 = 6;

/// Backoff between two attempts.
static BACKOFF: LazyLock<Backoff> = LazyLock::new(|| {
    let second = Duration::from_secs(1);
    Backoff::new(second / 2, 8 * second, 60 * second).expect("the delays are in range")
});

/// A local track and how to publish it.
pub(super) struct Publication {
    pub(super) room: Arc<livekit::Room>,
    /// Name of the track, unique among the tracks of the agent.
    pub(super) name: &'static str,
    pub(super) source: RtcAudioSource,
    pub(super) options: TrackPublishOptions,
    /// The permission needed to publish it.
    pub(super) permission: fn(&Permissions) -> MayPublish,
}

impl Publication {
    /// Publishes the track for the first time.
    ///
    /// # Errors
    /// [`JoinError::Publish`]
    pub(super) async fn publish(&self) -> Result<(), JoinError> {
        let source = self.source.clone();
        publish(&self.room, self.name, source, self.options.clone()).await
    }

    /// Keeps the track published while that is permitted, and checks it whenever `allowed` is
    /// marked as changed. Calls `notify` whenever the reason why the track cannot be heard changes.
    pub(super) async fn keep(
        self,
        mut allowed: watch::Receiver<Permissions>,
        mut notify: impl AsyncFnMut(Option<Inaudible>),
    ) {
        let (mut notified, mut revocations, mut attempts) = (None, 0, Attempts::default());
        loop {
            let now = (self.permission)(&allowed.borrow_and_update());
            let is_revoked =
                std::mem::replace(&mut revocations, now.revocations) != now.revocations;
            if is_revoked {
                attempts = Attempts::default();
                notify_on_change(&mut notified, Some(Inaudible::NotAllowed), &mut notify).await;
                self.unpublish().await;
            }
            if now.allowed && self.current().is_none() && attempts.are_due(clock::now()) {
                match self.publish().await {
                    Ok(()) => attempts = Attempts::default(),
                    Err(error) => attempts.failed(self.name, &error),
                }
            }
            let heard = match self.current() {
                Some(current) if current.is_muted() => Some(Inaudible::Muted),
                Some(_) => None,
                None if !now.allowed => Some(Inaudible::NotAllowed),
                None if attempts.is_over() => Some(Inaudible::NotPublished),
                // Not published again yet.
                None => notified.or(Some(Inaudible::NotPublished)),
            };
            notify_on_change(&mut notified, heard, &mut notify).await;
            tokio::select! {
                changed = allowed.changed() => if changed.is_err() {
                    return;
                },
                () = clock::at(attempts.next) => {}
            }
        }
    }

    /// Unpublishes the track that the server has removed, so that it is not encoded for nobody.
    async fn unpublish(&self) {
        if let Some(current) = self.current()
            && let Err(error) = unpublish(&self.room, &current.sid()).await
        {
            tracing::debug!(track = self.name, %error, "could not unpublish a removed track");
        }
    }

    fn current(&self) -> Option<LocalTrackPublication> {
        let participant = self.room.local_participant();
        let published = participant.track_publications().into_values();
        published.into_iter().find(|it| it.name() == self.name)
    }
}

/// Calls `notify` if the state has changed.
async fn notify_on_change(
    notified: &mut Option<Inaudible>,
    now: Option<Inaudible>,
    notify: &mut impl AsyncFnMut(Option<Inaudible>),
) {
    if std::mem::replace(notified, now) != now {
        notify(now).await;
    }
}

/// Counts the attempts to publish a track again.
#[derive(Debug, Default)]
struct Attempts {
    failed: u32,
    next: Option<Instant>,
}

impl Attempts {
    fn are_due(&self, now: Instant) -> bool {
        !self.is_over() && self.next.is_none_or(|at| at <= now)
    }

    fn is_over(&self) -> bool {
        self.failed == MAX_ATTEMPTS
    }

    fn failed(&mut self, track: &str, error: &JoinError) {
        let delay = BACKOFF.delay(self.failed, unit_random());
        self.failed += 1;
        self.next = (!self.is_over()).then(|| clock::now() + delay);
        match self.is_over() {
            true => tracing::warn!(track, %error, "could not publish a track again; giving up"),
            false => tracing::debug!(track, %error, "could not publish a track; trying again"),
        }
    }
}

fn unit_random() -> f64 {
    random::number() as f64 / u64::MAX as f64
}
