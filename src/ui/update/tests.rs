//! What every key does, in the panes and in the panels.
