//! Products, assessments, deployments
