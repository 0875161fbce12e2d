//! Samples to Opus packets.

use opus::{Application, Bitrate, Channels, Signal};

use super::Error;
use super::packet::is_dtx;
use crate::{SAMPLE_RATE, SAMPLES_PER_FRAME};

/// How to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Wanted bits per second, without the headers of the network. Opus takes 6,000 to 510,000.
    pub bitrate: u32,
    /// How much to compute for quality: 0 (least) to 10.
    pub complexity: u8,
    /// Whether a packet also carries the previous frame in fewer bits, for a receiver that lost it.
    /// Does nothing while `expected_loss` is 0.
    pub fec: bool,
    /// Percentage of packets that the network is expected to lose: 0 to 100. The more, the more bits
    /// go into what helps the receiver after a loss.
    pub expected_loss: u8,
    /// Whether to stop sending during silence.
    pub dtx: bool,
}

impl Default for Settings {
    /// What libwebrtc sends for voice, with FEC for a network that loses a little.
    fn default() -> Self {
        Self {
            bitrate: 32_000,
            complexity: 9,
            fec: true,
            expected_loss: 10,
            dtx: false,
        }
    }
}

/// Turns frames of 20 ms into Opus packets.
#[derive(Debug)]
pub struct Encoder {
    opus: opus::Encoder,
    silent: bool,
}

impl Encoder {
    /// Makes an encoder for voice.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let mut opus = opus::Encoder::new(SAMPLE_RATE, Channels::Mono, Application::Voip)?;
        opus.set_signal(Signal::Voice)?;
        let mut encoder = Self {
            opus,
            silent: false,
        };
        encoder.set(settings)?;
        Ok(encoder)
    }

    /// Changes the settings from the next frame on, without a gap.
    pub fn set(&mut self, settings: Settings) -> Result<(), Error> {
        let bitrate = i32::try_from(settings.bitrate).unwrap_or(i32::MAX);
        self.opus.set_bitrate(Bitrate::Bits(bitrate))?;
        self.opus.set_complexity(settings.complexity.into())?;
        self.opus.set_inband_fec(settings.fec)?;
        self.opus
            .set_packet_loss_perc(settings.expected_loss.into())?;
        self.opus.set_dtx(settings.dtx)?;
        Ok(())
    }

    /// Encodes 20 ms into `packet`, which should have room for
    /// [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES). Returns the length of the packet.
    ///
    /// `None` means that nothing is to be sent: the silence that the previous packet began goes on.
    /// RTP timestamps advance all the same.
    pub fn encode(
        &mut self,
        samples: &[i16; SAMPLES_PER_FRAME],
        packet: &mut [u8],
    ) -> Result<Option<usize>, Error> {
        let len = self.opus.encode(samples, packet)?;
        let was_silent = std::mem::replace(&mut self.silent, is_dtx(&packet[..len]));
        // The receiver must hear of the silence once, so that it does not conceal a loss.
        Ok((!(was_silent && self.silent)).then_some(len))
    }

    /// Forgets the audio so far, as after a pause.
    pub fn reset(&mut self) -> Result<(), Error> {
        self.silent = false;
        Ok(self.opus.reset_state()?)
    }

    /// Samples by which decoded audio lags behind what was encoded.
    pub fn lookahead(&mut self) -> Result<usize, Error> {
        Ok(usize::try_from(self.opus.get_lookahead()?).unwrap_or(0))
    }
}
