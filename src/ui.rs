//! Shows the board and the logs, and turns keys into commands.
