"""A local Kolada v3 server on loopback: archive folders or the synthetic sample. It knows nothing of the client."""
