"""How good the tests are at noticing errors: small ones are made in the product, one at a time, and the tests run."""
