"""RoutesToRegressor: metadata of a meta-estimator, passed on to its regressor."""

from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)


class RoutesToRegressor:
    """Pass what the methods in ``_routed`` are given to those of ``regressor``."""

    _routed = ("fit",)

    def get_metadata_routing(self):
        """Route metadata to the regressor, and those of ``score`` to this one.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping()
        for method in self._routed:
            mapping.add(caller=method, callee=method)
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(regressor=self.regressor, method_mapping=mapping)

    def _route(self, method, params):
        if _routing_enabled():
            return process_routing(self, method, **params).regressor[method]
        return params
