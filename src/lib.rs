//! procdash
