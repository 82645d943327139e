//! The guard: one small process per run that holds everything the run ever starts, and ends it for certain.
