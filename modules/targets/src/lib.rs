//! Indicators and targets: figures from live registers
