// A TUF repository that hands out the trusted root and the signing configuration, as Sigstore's own does.
'use strict';

const { initializeTUFRepo, tufHandlers } = require('@tufjs/repo-mock');

function repositoryOf(targets) {
  // TUF says times in whole seconds; the package writes milliseconds, which strict clients refuse.
  const written = Date.prototype.toISOString;
  Date.prototype.toISOString = function wholeSeconds() {
    return written.call(this).replace(/\.\d+Z$/, 'Z');
  };
  let repository;
  try {
    repository = initializeTUFRepo(Object.entries(targets).map(([name, content]) => ({ name, content: JSON.stringify(content) })));
  } finally {
    Date.prototype.toISOString = written;
  }
  const routes = tufHandlers(repository, { metadataPathPrefix: '', targetPathPrefix: '/targets' }).map(({ path, fn }) => ({
    method: 'GET',
    path,
    answer: () => {
      const { statusCode, response, contentType } = fn();
      return { status: statusCode, type: contentType ?? 'application/octet-stream', body: response, headers: {} };
    },
  }));
  return { root: repository.rootMeta.toJSON(), routes };
}

module.exports = { repositoryOf };
