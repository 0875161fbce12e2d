//! Formats times in UTC, for reports and for names of folders.

use std::time::SystemTime;

use time::{Date, Month, OffsetDateTime};

/// RFC 3339 with milliseconds, such as `2026-03-01T09:30:00.250Z`.
pub(super) fn rfc3339(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let (hour, minute, second, milli) = at.time().as_hms_milli();
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
        day_of(at)
    )
}

/// The day, such as `2026-03-01`.
pub(super) fn day(at: SystemTime) -> String {
    day_of(OffsetDateTime::from(at))
}

/// Number of days from the day `name` to `now`; `None` if `name` is not a day.
pub(super) fn days_since(name: &str, now: SystemTime) -> Option<i32> {
    let mut parts = name.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let then = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let today = OffsetDateTime::from(now).date();
    Some(today.to_julian_day() - then.to_julian_day())
}

fn day_of(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The time `seconds` after the Unix epoch.
    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn times_are_formatted_in_utc() {
        assert_eq!(rfc3339(at(0.0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(at(1_709_210_096.25)), "2024-02-29T12:34:56.250Z");
        assert_eq!(day(at(1_709_210_096.25)), "2024-02-29");
    }

    #[test]
    fn only_valid_days_are_accepted() {
        let now = at(1_709_210_096.0);
        assert_eq!(days_since("2024-02-29", now), Some(0));
        assert_eq!(days_since("2023-12-31", now), Some(60));
        assert_eq!(days_since("2024-03-01", now), Some(-1));
        for name in [
            "",
            "2024",
            "2024-2-29",
            "2024-02-30",
            "2024-02-29-1",
            "+024-02-29x",
            "..",
            "year-mo-da",
        ] {
            assert_eq!(days_since(name, now), None, "{name}");
        }
    }
}
