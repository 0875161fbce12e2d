//! How busy the machine is: the container's CPU if there is one, else the host's.

use std::collections::VecDeque;
use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use crate::clock;

/// Between two looks.
pub(super) const SAMPLE_EVERY: Duration = Duration::from_millis(500);

/// Looks that make an average: 2.5 s, as in LiveKit's own SDKs.
const WINDOW: usize = 5;

/// Used CPU time over available CPU time, from 0 to 1, smoothed over 2.5 s.
#[derive(Debug)]
pub struct MachineLoad {
    cores: f64,
    before: Option<(Instant, Duration)>,
    samples: VecDeque<f64>,
}

impl Default for MachineLoad {
    fn default() -> Self {
        Self {
            cores: cores(),
            before: None,
            samples: VecDeque::with_capacity(WINDOW),
        }
    }
}

impl MachineLoad {
    /// Looks once more; the first look gives 0.
    pub fn sample(&mut self) -> f32 {
        if let Some(used) = used() {
            self.take(clock::now(), used);
        }
        let sum: f64 = self.samples.iter().sum();
        (sum / self.samples.len().max(1) as f64) as f32
    }

    fn take(&mut self, now: Instant, used: Duration) {
        if let Some((then, before)) = self.before.replace((now, used)) {
            let elapsed = now.saturating_duration_since(then).as_secs_f64();
            let share = used.saturating_sub(before).as_secs_f64() / (elapsed * self.cores);
            if share.is_finite() {
                if self.samples.len() == WINDOW {
                    self.samples.pop_front();
                }
                self.samples.push_back(share.clamp(0.0, 1.0));
            }
        }
    }
}

/// CPU time used so far: cgroup v2, then v1, then the host.
fn used() -> Option<Duration> {
    let v2 = || usage_usec(&fs::read_to_string("/sys/fs/cgroup/cpu.stat").ok()?);
    let v1 = || {
        let nanos = fs::read_to_string("/sys/fs/cgroup/cpuacct/cpuacct.usage").ok()?;
        Some(Duration::from_nanos(nanos.trim().parse().ok()?))
    };
    let host = || busy(&fs::read_to_string("/proc/stat").ok()?);
    v2().or_else(v1).or_else(host)
}

/// Cores that may be used: the container's quota, else what the system gives.
fn cores() -> f64 {
    let all = available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let v2 = || quota(&fs::read_to_string("/sys/fs/cgroup/cpu.max").ok()?);
    let v1 = || {
        let read = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/cpu/{name}")).ok();
        let (quota_us, period) = (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?);
        quota(&format!("{} {}", quota_us.trim(), period.trim()))
    };
    v2().or_else(v1).map_or(all, |cores| cores.min(all))
}

/// `usage_usec N` of a cgroup's `cpu.stat`.
fn usage_usec(stat: &str) -> Option<Duration> {
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("usage_usec "));
    Some(Duration::from_micros(line?.trim().parse().ok()?))
}

/// `QUOTA PERIOD` in microseconds; none when there is no limit.
fn quota(limit: &str) -> Option<f64> {
    let (quota, period) = limit.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// Busy time of all cores since the start, from `/proc/stat`, in hundredths of a second.
fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<u64> = line
        .split_whitespace()
        .map_while(|it| it.parse().ok())
        .collect();
    let total: u64 = times.iter().take(8).sum();
    // Idle, and waiting for a disk.
    let idle: u64 = times.get(3..5)?.iter().sum();
    Some(Duration::from_millis(total.saturating_sub(idle) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_cores_over_the_window() {
        let mut load = MachineLoad {
            cores: 2.0,
            ..MachineLoad::default()
        };
        let mut now = clock::now();
        let mut used = Duration::ZERO;
        load.take(now, used);
        for busy in [0.2, 0.4, 0.6, 0.8, 1.0, 1.0] {
            now += Duration::from_millis(500);
            used += Duration::from_secs_f64(busy);
            load.take(now, used);
        }
        let samples: Vec<_> = load.samples.iter().map(|it| (it * 10.0).round()).collect();
        assert_eq!(samples, [4.0, 6.0, 8.0, 10.0, 10.0]);
        // A clock that stands still and a counter that starts again change nothing.
        load.take(now, used);
        load.take(now + Duration::from_secs(1), Duration::ZERO);
        assert!(load.samples.iter().all(|it| (0.0..=1.0).contains(it)));
    }

    #[test]
    fn what_the_kernel_writes_is_read() {
        let stat = "usage_usec 1500000\nuser_usec 1\n";
        assert_eq!(usage_usec(stat), Some(Duration::from_millis(1_500)));
        assert_eq!(quota("150000 100000\n"), Some(1.5));
        assert_eq!(quota("max 100000"), None);
        assert_eq!(quota("-1 100000"), None);
        let host = "cpu  100 0 50 1000 20 0 5 0 0 0\ncpu0 1 1\n";
        assert_eq!(busy(host), Some(Duration::from_millis(1_550)));
        for odd in ["", "cpu", "cpu  1 2", "usage_usec x"] {
            assert_eq!(usage_usec(odd), None);
            assert_eq!(busy(odd), None);
        }
    }

    #[test]
    fn this_machine_can_be_looked_at() {
        assert!(used().is_some());
        assert!(cores() > 0.0);
    }
}
