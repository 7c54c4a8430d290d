import type { components } from '@/api/schema';

export type Booking = components['schemas']['Booking'];
export type Status = components['schemas']['Status'];
export type TimelineEntry = components['schemas']['TimelineEntry'];
export type Explanation = components['schemas']['Explanation'];
export type Timer = components['schemas']['Timer'];
export type Message = components['schemas']['Message'];
export type Payment = components['schemas']['Payment'];
