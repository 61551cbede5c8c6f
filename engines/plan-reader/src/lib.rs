//! Reads Vietnamese administrative plans (.txt, .docx, .pdf) into structured objectives, tasks and assignments
