//! Recordings in files, with timestamps set by the tests.

use std::io::BufReader;

use hound::WavReader;
use opus_pure::{MAX_PACKET_SAMPLES, OggOpusReader, Trim};
use parlor_common::{clock, random};
use tokio::time::sleep;

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Samples in 10 ms.
const FRAME: usize = 240;

struct Recorded {
    file: PathBuf,
    recording: Option<Recording>,
}

impl Recorded {
    fn start(format: Format) -> Self {
        let folder = std::env::temp_dir().join(random::random("parlor-recording"));
        let file = folder.join("day").join("AJ_1.audio");
        let recording = Recording::start(format, file.clone(), clock::now());
        Self {
            file,
            recording: Some(recording),
        }
    }

    /// Both sides speak from the start: samples of the caller are 3000, of the agent -2000.
    fn talk(&self, tens: u64) {
        let tap = self.recording.as_ref().unwrap().tap();
        let (caller, agent) = (Frame::new(vec![3000; FRAME]), vec![-2000; FRAME]);
        for ten in 0..tens {
            let at = tap.began + MS(ten * 10);
            tap.caller(at, &caller);
            tap.agent(at, &agent);
        }
    }

    async fn finish(&mut self, lasted: Duration, muted: &[MutedSpan]) -> io::Result<()> {
        self.recording.take().unwrap().finish(lasted, muted).await
    }

    /// The samples of each side.
    fn wav(&self) -> (Vec<i16>, Vec<i16>) {
        sides(WavReader::open(&self.file).unwrap())
    }

    fn files(&self) -> usize {
        fs::read_dir(self.file.parent().unwrap()).unwrap().count()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let folder = self.file.parent().unwrap().parent().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}

fn sides<R: io::Read>(mut reader: WavReader<R>) -> (Vec<i16>, Vec<i16>) {
    assert_eq!(
        (reader.spec().channels, reader.spec().sample_rate),
        (2, 24_000)
    );
    let both: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let side = |side| both.iter().skip(side).step_by(2).copied().collect();
    (side(0), side(1))
}

fn span(side: Speaker, from: u64, to: u64) -> MutedSpan {
    MutedSpan {
        side,
        from: MS(from),
        to: MS(to),
    }
}

#[tokio::test]
async fn a_wav_has_the_caller_left_and_the_agent_right() {
    let mut it = Recorded::start(Format::Wav);
    it.talk(20);
    it.finish(MS(500), &[]).await.unwrap();
    let (caller, agent) = it.wav();
    assert_eq!((caller.len(), agent.len()), (12_000, 12_000));
    let said = |side: &[i16], value| side.iter().filter(|it| **it == value).count();
    assert_eq!(said(&caller, 3000), 20 * FRAME);
    assert_eq!(said(&agent, -2000), 20 * FRAME);
    assert_eq!(it.files(), 1);
}

#[tokio::test]
async fn muted_stretches_of_a_wav_are_silent_on_their_side_only() {
    let mut it = Recorded::start(Format::Wav);
    it.talk(20);
    let muted = [
        span(Speaker::Caller, 0, 400),
        span(Speaker::Agent, 100, 9_000),
    ];
    it.finish(MS(500), &muted).await.unwrap();
    let (caller, agent) = it.wav();
    assert!(caller.iter().all(|it| *it == 0));
    assert!(agent[..2_400].iter().all(|it| *it == -2000));
    assert!(agent[2_400..].iter().all(|it| *it == 0));
}

#[tokio::test]
async fn an_ogg_is_as_long_as_its_call_and_sounds_like_it() {
    let mut it = Recorded::start(Format::Ogg);
    it.talk(40);
    it.finish(MS(1_010), &[]).await.unwrap();
    let both = decoded(&it.file);
    assert_eq!(both.len(), 2 * 24_240);
    assert!(loudness(&both[..9_600]) > 300.0);
    assert!(loudness(&both[40_000..]) < 100.0);
    assert_eq!(it.files(), 1);
}

#[tokio::test]
async fn muted_stretches_of_an_ogg_are_silent() {
    let mut it = Recorded::start(Format::Ogg);
    it.talk(40);
    it.finish(MS(1_010), &[span(Speaker::Agent, 0, 1_000)])
        .await
        .unwrap();
    let both = decoded(&it.file);
    assert_eq!(both.len(), 2 * 24_240);
    assert!(loudness(&both) < 5.0, "{}", loudness(&both));
    assert_eq!(it.files(), 1);
}

#[tokio::test]
async fn a_recording_without_an_end_can_be_played() {
    let mut it = Recorded::start(Format::Wav);
    let tap = it.recording.as_ref().unwrap().tap();
    for ten in 0..250 {
        let frame = Frame::new(vec![3000; FRAME]);
        tap.caller(tap.began + MS(ten * 10), &frame);
    }
    let Recording { end, writing, .. } = it.recording.take().unwrap();
    while mpsc_len(&tap) > 0 {
        sleep(MS(1)).await;
    }
    drop((end, tap));
    writing.await.unwrap().unwrap();
    let mut files = fs::read_dir(it.file.parent().unwrap()).unwrap();
    let partial = files.next().unwrap().unwrap().path();
    assert!(partial.to_string_lossy().ends_with(".part"), "{partial:?}");
    let (caller, _) = sides(WavReader::open(partial).unwrap());
    assert_eq!(caller.len(), 24_000, "all blocks that are final");
    assert!(caller[..20_000].iter().filter(|it| **it == 3000).count() > 19_000);
}

#[tokio::test]
async fn write_errors_are_reported_without_blocking() {
    let mut it = Recorded::start(Format::Wav);
    it.talk(1);
    it.finish(MS(100), &[]).await.unwrap();
    // There is a file in place of the folder.
    let file = it.file.join("AJ_2.wav");
    let recording = Recording::start(Format::Wav, file, clock::now());
    let tap = recording.tap();
    while !tap.queue.is_closed() {
        sleep(MS(1)).await;
    }
    tap.agent(clock::now(), &[0; FRAME]);
    assert_eq!(recording.dropped(), 1);
    assert!(recording.finish(MS(100), &[]).await.is_err());
}

fn mpsc_len(tap: &Tap) -> usize {
    tap.queue.max_capacity() - tap.queue.capacity()
}

fn decoded(file: &Path) -> Vec<i16> {
    let mut reader = OggOpusReader::new(BufReader::new(File::open(file).unwrap())).unwrap();
    let mut decoder = reader.head().decoder(24_000).unwrap();
    let mut trim = Trim::new(reader.head(), 24_000, 2).unwrap();
    let mut block = vec![0; MAX_PACKET_SAMPLES * 2];
    let mut all = Vec::new();
    for packet in reader.packets() {
        let packet = packet.unwrap();
        let samples = decoder
            .decode_s16(&packet.data, MAX_PACKET_SAMPLES, &mut block)
            .unwrap();
        all.extend_from_slice(trim.keep(&packet, &block[..samples * 2]));
    }
    all
}

fn loudness(samples: &[i16]) -> f64 {
    let squares: f64 = samples.iter().map(|it| f64::from(*it).powi(2)).sum();
    (squares / samples.len() as f64).sqrt()
}
