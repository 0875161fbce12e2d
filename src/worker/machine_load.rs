//! Measures the CPU load of the machine, and the share of the worker's own processes. The machine
//! is the container if there is one, else the host.

use std::collections::BTreeMap;
use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use parlor_common::clock;
use parlor_core::dispatch::Sample;

use super::cpu_counter::Counter;

/// Interval between two samples.
pub(super) const SAMPLE_EVERY: Duration = Duration::from_millis(500);

/// Samples the CPU load: used CPU time over available CPU time, from 0 to 1. The module
/// `parlor_core::dispatch` smooths the samples and acts on them.
#[derive(Debug)]
pub struct MachineLoad {
    /// Number of cores that the container or host may use.
    cores: f64,
    /// Number of cores that the CPU counters cover.
    online: f64,
    machine: Counter,
    own: BTreeMap<ProcessId, Counter>,
}

/// Identifies a process uniquely, although the kernel reuses process ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ProcessId {
    pid: u32,
    /// Start time of the process, in clock ticks since boot.
    started: u64,
}

impl Default for MachineLoad {
    fn default() -> Self {
        let cores = cores();
        Self {
            cores,
            online: online().unwrap_or(cores).max(cores),
            machine: Counter::default(),
            own: BTreeMap::new(),
        }
    }
}

impl MachineLoad {
    /// Takes a sample of the machine, and of this process and `cells`. Returns `None` for the first
    /// sample, and when the counter reads an impossible value.
    pub fn sample(&mut self, cells: impl Iterator<Item = u32>) -> Option<Sample> {
        let processes = cells.chain([std::process::id()]).filter_map(process);
        let own = self.own(clock::now(), processes.collect());
        let machine = self.machine.read(clock::now(), used()?, self.online)?;
        let share = |busy: f64| (busy / self.cores).min(1.0) as f32;
        let sample = Sample {
            machine: share(machine),
            own: own.map(share),
        };
        tracing::trace!(machine = sample.machine, own = ?sample.own, "sampled the CPU load");
        Some(sample)
    }

    /// Number of cores that these processes keep busy. A new process counts from the next sample
    /// on.
    fn own(&mut self, now: Instant, processes: Vec<(ProcessId, Duration)>) -> Option<f64> {
        self.own
            .retain(|known, _| processes.iter().any(|(process, _)| process == known));
        let mut busy = Some(0.0);
        for (process, used) in processes {
            let is_new = !self.own.contains_key(&process);
            let counter = self.own.entry(process).or_default();
            let rate = counter.read(now, used, self.online);
            if !is_new {
                // If one rate is unknown, the sum would be too small.
                busy = busy.and_then(|sum| Some(sum + rate?));
            }
        }
        busy.filter(|_| !self.own.is_empty())
    }
}

/// A process and the CPU time it has used so far, including threads that have exited.
fn process(pid: u32) -> Option<(ProcessId, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (started, used) = cpu_time(&stat)?;
    Some((ProcessId { pid, started }, used))
}

/// CPU time used so far, from cgroup v2, else cgroup v1, else the host.
fn used() -> Option<Duration> {
    let v2 = || usage_usec(&fs::read_to_string("/sys/fs/cgroup/cpu.stat").ok()?);
    let v1 = || {
        let nanos = fs::read_to_string("/sys/fs/cgroup/cpuacct/cpuacct.usage").ok()?;
        Some(Duration::from_nanos(nanos.trim().parse().ok()?))
    };
    let host = || busy(&fs::read_to_string("/proc/stat").ok()?);
    v2().or_else(v1).or_else(host)
}

/// Number of usable cores: the container's quota, else what the system reports.
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

/// Parses `usage_usec N` of a cgroup's `cpu.stat`.
fn usage_usec(stat: &str) -> Option<Duration> {
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("usage_usec "));
    Some(Duration::from_micros(line?.trim().parse().ok()?))
}

/// Parses `QUOTA PERIOD`, in microseconds, into a number of cores; `None` if there is no limit.
fn quota(limit: &str) -> Option<f64> {
    let (quota, period) = limit.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// Number of cores of the host.
fn online() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let is_core = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
    let cores = stat.lines().filter(is_core).count();
    (cores > 0).then_some(cores as f64)
}

/// Parses `/proc/PID/stat`: start time in clock ticks, and CPU time used. The process name is in
/// parentheses and may itself contain parentheses.
fn cpu_time(stat: &str) -> Option<(u64, Duration)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let user: u64 = fields.nth(11)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let started = fields.nth(6)?.parse().ok()?;
    Some((started, Duration::from_millis((user + system) * 10)))
}

/// Parses `/proc/stat`, which counts hundredths of a second: busy time of all cores since boot.
fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<u64> = line
        .split_whitespace()
        .map_while(|it| it.parse().ok())
        .collect();
    let total: u64 = times.iter().take(8).sum();
    // Idle and iowait.
    let idle: u64 = times.get(3..5)?.iter().sum();
    Some(Duration::from_millis(total.saturating_sub(idle) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_millis(500);

    fn two_cores() -> MachineLoad {
        MachineLoad {
            cores: 2.0,
            online: 2.0,
            ..MachineLoad::default()
        }
    }

    /// Builds processes from tuples of process id, start time, and CPU time used in milliseconds.
    fn processes(all: &[(u32, u64, u64)]) -> Vec<(ProcessId, Duration)> {
        let process =
            |&(pid, started, ms): &_| (ProcessId { pid, started }, Duration::from_millis(ms));
        all.iter().map(process).collect()
    }

    #[test]
    fn processes_that_start_and_exit_count_for_exactly_the_cpu_time_they_use() {
        let mut load = two_cores();
        let now = clock::now();
        let mut looks = 0;
        let mut own = |all: &[(u32, u64, u64)]| {
            looks += 1;
            let busy = load.own(now + LOOK * looks, processes(all));
            busy.map(|it| (it * 1_000.0).round() / 1_000.0)
        };
        assert_eq!(
            own(&[(1, 5, 70_000)]),
            Some(0.0),
            "CPU time from before the first sample does not count"
        );
        assert_eq!(own(&[(1, 5, 70_100), (2, 9, 9_000)]), Some(0.2));
        assert_eq!(own(&[(1, 5, 70_200), (2, 9, 9_250)]), Some(0.7));
        assert_eq!(own(&[(1, 5, 70_300)]), Some(0.2), "one has exited");
        // Its process id is reused.
        assert_eq!(own(&[(1, 5, 70_400), (2, 44, 30)]), Some(0.2));
        assert_eq!(own(&[(1, 5, 70_500), (2, 44, 80)]), Some(0.3));
        assert_eq!(
            own(&[(1, 5, 70_400), (2, 44, 130)]),
            None,
            "the counter steps back"
        );
        assert_eq!(own(&[(1, 5, 70_700), (2, 44, 180)]), Some(0.3));
        assert_eq!(own(&[]), None);
    }

    #[test]
    fn kernel_files_are_parsed() {
        let stat = "usage_usec 1500000\nuser_usec 1\n";
        assert_eq!(usage_usec(stat), Some(Duration::from_millis(1_500)));
        assert_eq!(quota("150000 100000\n"), Some(1.5));
        assert_eq!(quota("max 100000"), None);
        assert_eq!(quota("-1 100000"), None);
        let host = "cpu  100 0 50 1000 20 0 5 0 0 0\ncpu0 1 1\n";
        assert_eq!(busy(host), Some(Duration::from_millis(1_550)));
        let stat = "7 (a) cell) S 1 7 7 0 -1 4194304 101 0 0 0 150 50 9 9 20 0 6 0 4242 31";
        assert_eq!(cpu_time(stat), Some((4_242, Duration::from_secs(2))));
        for odd in ["", "cpu", "cpu  1 2", "usage_usec x", "7 (cell) S 1 7"] {
            assert_eq!(usage_usec(odd), None);
            assert_eq!(busy(odd), None);
            assert_eq!(cpu_time(odd), None);
        }
    }

    #[test]
    fn this_machine_can_be_sampled() {
        assert!(used().is_some());
        assert!(cores() > 0.0 && online().is_some());
        let (this, before) = process(std::process::id()).unwrap();
        let (same, after) = process(std::process::id()).unwrap();
        assert!(this == same && after >= before);
    }
}
