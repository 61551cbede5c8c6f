//! Information systems, levels, controls, four layers
