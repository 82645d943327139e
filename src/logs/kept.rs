//! What is kept in files, without touching one: their names, when a new one is begun, and the records beside them.

mod naming;
mod record;
mod rotation;
mod timeline;

pub use naming::{file_stem, log_name, project_folder, records_name, rotated_name};
pub use record::{Happening, Record};
pub use rotation::{Rotation, Step};
pub use timeline::{LEAST_PAUSE, Timeline};
