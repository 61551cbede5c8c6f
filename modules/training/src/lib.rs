//! Training, certificates, experts, drills
