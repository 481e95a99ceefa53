//! `gtc op env`.

mod doctor;
mod files;
mod init;
mod tool_check;
mod update;
