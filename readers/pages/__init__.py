"""The pages: what people look at, rendered here, useful without scripts and live with them."""
