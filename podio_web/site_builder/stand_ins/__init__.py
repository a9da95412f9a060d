"""What pages have in place of modules that they have no use for; ``podio_web.site_builder.page_modules`` says which."""
