-- Run once, when the data of Postgres is new. Another log needs another database.
CREATE DATABASE cluster;
