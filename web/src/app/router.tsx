import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { shortTexts } from '@/lib/address';
import { Gate } from './Gate';

const root = createRootRoute({ component: Gate, validateSearch: shortTexts });
const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('@/features/today/TodayPage'), 'TodayPage'),
});
const workflows = createRoute({
  getParentRoute: () => root,
  path: '/workflows',
  component: lazyRouteComponent(() => import('@/features/workflows/WorkflowsPage'), 'WorkflowsPage'),
});
const workflow = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$id',
  component: lazyRouteComponent(() => import('@/features/builder/BuilderPage'), 'BuilderPage'),
});
const bookings = createRoute({
  getParentRoute: () => root,
  path: '/bookings',
  component: lazyRouteComponent(() => import('@/features/bookings/BookingsPage'), 'BookingsPage'),
});
const booking = createRoute({
  getParentRoute: () => root,
  path: '/bookings/$id',
  component: lazyRouteComponent(() => import('@/features/bookings/BookingPage'), 'BookingPage'),
});
const messages = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  component: lazyRouteComponent(() => import('@/features/messages/MessagesPage'), 'MessagesPage'),
});
const customers = createRoute({
  getParentRoute: () => root,
  path: '/customers',
  component: lazyRouteComponent(() => import('@/features/customers/CustomersPage'), 'CustomersPage'),
});
const customer = createRoute({
  getParentRoute: () => root,
  path: '/customers/$id',
  component: lazyRouteComponent(() => import('@/features/customers/CustomerPage'), 'CustomerPage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/features/settings/SettingsPage'), 'SettingsPage'),
});
const setting = createRoute({
  getParentRoute: () => root,
  path: '/settings/$part',
  component: lazyRouteComponent(() => import('@/features/settings/SettingsPage'), 'SettingsPage'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('@/features/people/SignInPage'), 'SignInPage'),
});
const firstStart = createRoute({
  getParentRoute: () => root,
  path: '/first-start',
  component: lazyRouteComponent(() => import('@/features/people/FirstStartPage'), 'FirstStartPage'),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('@/features/people/LinkPages'), 'InvitationPage'),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyRouteComponent(() => import('@/features/people/LinkPages'), 'ResetPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    index,
    workflows,
    workflow,
    bookings,
    booking,
    messages,
    customers,
    customer,
    settings,
    setting,
    signIn,
    firstStart,
    invitation,
    reset,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});
declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
