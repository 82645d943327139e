//! Joins the floors; the only file that knows all of them.
