//! Resource usage of a process, as reported by Linux.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Child;

/// Linux reports CPU time in hundredths of a second, whatever the kernel's own tick is.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time, memory and threads of a process.
pub(crate) struct Usage {
    /// CPU time in seconds, in user and kernel mode.
    cpu: f64,
    /// Resident set size in kB.
    rss: u64,
    /// Proportional set size in kB: shared pages are divided by the number of processes that map
    /// them.
    pss: u64,
    threads: u64,
}

impl Usage {
    /// Reads the usage of a running child process.
    pub(crate) fn of(child: &Child) -> anyhow::Result<Self> {
        let pid = child.id().context("the process has ended")?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is the name in parentheses, which may contain any characters.
        let (_, fields) = stat
            .rsplit_once(')')
            .context("/proc/<pid>/stat is malformed")?;
        let fields: Vec<_> = fields.split_whitespace().collect();
        let ticks = |index: usize| -> anyhow::Result<f64> { Ok(fields[index].parse()?) };
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        Ok(Self {
            cpu: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
            rss: field(&status, "VmRSS:")?,
            pss: field(&rollup, "Pss:")?,
            threads: field(&status, "Threads:")?,
        })
    }

    /// Returns the CPU time since `before`, with the current memory and threads.
    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            cpu: self.cpu - before.cpu,
            ..self
        }
    }

    /// Formats the usage over a period for printing.
    pub(crate) fn over(&self, time: Duration) -> String {
        format!(
            "{:.1} % of a core, {:.1} MB RSS, {:.1} MB PSS, {} threads",
            self.cpu / time.as_secs_f64() * 100.0,
            self.rss as f64 / 1024.0,
            self.pss as f64 / 1024.0,
            self.threads
        )
    }

    /// Ratio of the CPU times.
    pub(crate) fn ratio(&self, other: &Self) -> f64 {
        self.cpu / other.cpu
    }
}

fn field(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number
        .with_context(|| format!("{name} is missing in /proc"))?
        .parse()?)
}
