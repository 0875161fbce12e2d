//! What a process takes, as Linux counts it.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Child;

/// Linux counts CPU time in hundredths of a second, whatever the kernel's own tick is.
const TICKS_PER_SECOND: f64 = 100.0;

/// Time on the CPU, and memory.
pub(crate) struct Usage {
    /// Seconds on a core, in user and kernel mode.
    cpu: f64,
    /// Resident, in kB.
    rss: u64,
    /// Resident, shared pages divided by their users, in kB.
    pss: u64,
    threads: u64,
}

impl Usage {
    /// Of a running child.
    pub(crate) fn of(child: &Child) -> anyhow::Result<Self> {
        let pid = child.id().context("the process has ended")?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is the name, in brackets; it may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("no stat")?;
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

    /// The same memory, and the CPU time since `before`.
    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            cpu: self.cpu - before.cpu,
            ..self
        }
    }

    /// For people.
    pub(crate) fn over(&self, time: Duration) -> String {
        format!(
            "{:.1} % of a core, {:.1} MB RSS, {:.1} MB PSS, {} threads",
            self.cpu / time.as_secs_f64() * 100.0,
            self.rss as f64 / 1024.0,
            self.pss as f64 / 1024.0,
            self.threads
        )
    }

    /// CPU time by CPU time.
    pub(crate) fn ratio(&self, other: &Self) -> f64 {
        self.cpu / other.cpu
    }
}

fn field(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number.with_context(|| format!("no {name}"))?.parse()?)
}
