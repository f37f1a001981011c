"""A local Shopify: the Admin GraphQL API, webhooks, uploads and images of a shop that runs here."""
