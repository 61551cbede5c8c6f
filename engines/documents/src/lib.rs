//! Values that become files: .xlsx sheets now, .docx and .pdf later
