//! Days, periods, Vietnamese working days, deadlines and the fuzzy schedules of plans.
//!
//! Nothing here reads a clock: "today" (`as_of`) is always an argument. Days are civil days in
//! Vietnam; instants are microseconds UTC since 1970 and become days at the fixed offset +07:00.
//!
//! * [`Date`], [`MonthDay`], [`Weekday`]; [`instant`] for conversions of instants
//! * [`PeriodKind`], [`Span`]: calendar year, quarter, month, trailing months, reporting year, school year
//! * [`Holidays`]: working days
//! * [`Schedule`] → [`instances`] → [`Instance`] → [`state`] → [`DerivedState`] (requirements 3.8)
mod date;
mod instances;
pub mod instant;
mod interval;
mod period;
mod schedule;
mod state;
mod working;

pub use date::{Date, DateError, MonthDay, Weekday};
pub use instances::{Expects, Frame, Instance, Settings, instances, instances_in};
pub use interval::Interval;
pub use period::{PeriodKind, Span};
pub use schedule::{PeriodDay, Schedule};
pub use state::{DerivedState, Facts, state};
pub use working::Holidays;
