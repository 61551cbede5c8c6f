//! Documents in force and their relations
