//! Page shell, components, forms, generic register pages, API, sessions
