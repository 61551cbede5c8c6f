//! Periods, Vietnamese working days, deadlines and fuzzy schedules
