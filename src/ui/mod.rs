//! What is seen: pages as functions of plain page models, which `server::http` fills. Views read no clock, no
//! randomness and nothing of the platform they are compiled for.

pub mod document;
pub mod frame;
pub mod installation;
pub mod islands;
pub mod pages;
pub mod parts;
pub mod prerender;
pub mod surroundings;
pub mod words;
